"""What everything else stands on: clock, errors, durable writes, messages between processes, logging."""
