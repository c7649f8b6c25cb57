"""The command line `dims`: a file a command. Parse, delegate, print; imported by nobody."""
