"""Rules of the house that import-linter's own contracts cannot say, as contracts of its kind.

None keeps a list of modules: what a rule is about is read from the graph or from `dashboard.pages`.
"""

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output


class Only(Contract):
    """Only modules of `importers` import `imported` themselves."""

    importers = fields.ListField(fields.StringField())
    imported = fields.ListField(fields.StringField())

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        """Every other module that does is a breach."""
        found = [
            (module, name)
            for name in self.imported
            if name in graph.modules
            for module in graph.find_modules_that_directly_import(name)
            if not any(f"{module}.".startswith(f"{one}.") for one in self.importers)
        ]
        return ContractCheck(kept=not found, metadata={"found": sorted(found)})

    def render_broken_contract(self, check: ContractCheck) -> None:
        """A line a breach."""
        for module, name in check.metadata["found"]:
            output.print_error(f"{module} imports {name}")


class Pages(Contract):
    """A page imports none of `never`, and reaches `model` only where its line says it runs one."""

    never = fields.ListField(fields.StringField())
    model = fields.StringField()

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        """Direct imports of what no page may import, and chains of imports to a model."""
        from dashboard.pages import VIEWS

        found = []
        for page in VIEWS:
            module = f"dashboard.{page.folder}.{page.name}"
            for name in sorted(graph.find_modules_directly_imported_by(module)):
                if any(f"{name}.".startswith(f"{one}.") for one in self.never):
                    found.append((module, name))
            if not page.live:
                chains = graph.find_shortest_chains(module, self.model, as_packages=True)
                found += sorted(chains)[:1]
        return ContractCheck(kept=not found, metadata={"found": found})

    def render_broken_contract(self, check: ContractCheck) -> None:
        """A line a breach, the modules from the page on."""
        for chain in check.metadata["found"]:
            output.print_error(" -> ".join(chain))
