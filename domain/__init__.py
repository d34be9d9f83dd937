"""What words mean: calendar and clock, statuses, codes, Vietnamese text, cost, columns, errors."""
