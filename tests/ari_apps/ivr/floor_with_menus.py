"""A floor whose calls have somewhere to go."""

FLOOR = """
[site]
timezone = "Europe/Berlin"

[calendars.office]
hours = { mon-fri = "09:00-17:30", sat = "10:00-14:00" }
holidays = "DE-BY"
closed = ["2026-12-24"]
open = { "2026-12-12" = "10:00-16:00" }

[[queues]]
name = "sales"
overflow = { left_empty = "menu:closed" }

[[queues]]
name = "support"

[voicemail.sales]
greeting = "say:Speak."

[[routes]]
to = "+4930123*"
destination = "menu:main"

  [[routes.routes]]
  calendar = "office"
  when = "closed"
  destination = "menu:closed"

  [[routes.routes]]
  from = "+33*"
  language = "fr"
  priority = 5

[menus.main]
prompt = ["sound:welcome", "say:For sales press one."]
keys = { 1 = "queue:sales", 2 = "queue:support", 9 = "menu:hours" }
on_failure = "queue:support"

[menus.closed]
prompt = "say:We are closed."
then = "voicemail:sales"

[menus.hours]
prompt = "say:Nine to five."
then = "menu:main"

[menus.account]
digits = { min = 4, max = 10 }
lookup = { url = "http://127.0.0.1/{digits}", value = "tier", otherwise = "queue:support" }
answers = { gold = "queue:sales" }
"""
