"""What callers meet before a person: menus, prompts, digits, opening hours, voicemail, Python."""
