"""Communicating with Congress (CWC): letters as XML to the House and Senate; off by default."""
