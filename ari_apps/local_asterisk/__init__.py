"""An Asterisk on this machine without root: found or unpacked, and run."""
