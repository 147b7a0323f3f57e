"""ESPHome nodes, spoken to over their native API."""
