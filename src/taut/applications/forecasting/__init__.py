"""Series: forecasts from their own past and what is known ahead."""
