"""What ingest costs and bears: rates, latencies, outages healed, memory, growth."""
