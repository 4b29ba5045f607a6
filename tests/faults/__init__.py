"""The rig of `make faults`: whole stacks, a mail server that writes down all it accepts, and faults."""
