"""Applications: text, series, images, signals, measurements and anomalies."""
