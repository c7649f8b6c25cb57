"""What every page uses: answers, parts, charts, live work, the workspace."""
