"""What saving an answer costs the server, beside what the machine could do at best."""
