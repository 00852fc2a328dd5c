"""What runs made: deliveries accepted, totals pinned, charts found."""
