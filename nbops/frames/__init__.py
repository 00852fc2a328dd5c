"""One table: the only place that knows dataframe libraries."""
