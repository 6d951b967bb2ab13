"""Networks along a path of strengths, from dense to sparse."""
