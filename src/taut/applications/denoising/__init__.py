"""Signals, images and volumes without their noise."""
