"""The rig of `make faults`: whole stacks, a mail server that writes all down, and faults."""
