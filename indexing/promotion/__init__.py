"""Promotion: a candidate release against the champion, the gate between them, the move, and the way back."""
