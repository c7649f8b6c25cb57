"""Labels out of and into files: lossless JSON lines, flat tables, the formats of peers.

Every import reads its file twice: first to check all of it, so that a file with a mistake changes
nothing, then to write it in batches, each its own transaction, so that people can go on saving
meanwhile. An import that was interrupted is run again: what is there already is not added twice.
"""

from catalog.workspace.transfer.label_studio import export_label_studio, import_label_studio
from catalog.workspace.transfer.lossless import export_jsonl, import_jsonl
from catalog.workspace.transfer.merging import Known, Report
from catalog.workspace.transfer.neuronpedia import export_neuronpedia, import_neuronpedia
from catalog.workspace.transfer.tables import (
    export_csv,
    export_parquet,
    import_csv,
    import_parquet,
)

__all__ = [
    "Known",
    "Report",
    "export_csv",
    "export_jsonl",
    "export_label_studio",
    "export_neuronpedia",
    "export_parquet",
    "import_csv",
    "import_jsonl",
    "import_label_studio",
    "import_neuronpedia",
    "import_parquet",
]
