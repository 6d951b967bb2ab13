"""What a fit can be trusted for: intervals, stability, false discoveries, bias and variance."""
