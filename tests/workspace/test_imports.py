"""What the workspace must not need."""

import subprocess
import sys


def test_the_workspace_needs_no_model_no_page_and_no_catalog_file():
    code = (
        "import sys, pkgutil, importlib, catalog.workspace as w\n"
        "for m in pkgutil.walk_packages(w.__path__, 'catalog.workspace.'):\n"
        "    if m.name != 'catalog.workspace.sweeping':\n"  # compiled: numba brings scipy along
        "        importlib.import_module(m.name)\n"
        "print(sorted({'torch', 'streamlit', 'duckdb', 'scipy', 'sklearn'} & set(sys.modules)))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
