"""The judge: duality gaps of every model in float64, with no code of any solver."""
