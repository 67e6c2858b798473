"""The yardstick: callfloor beside Asterisk's own app_queue under the same load."""
