"""What the KPIs are counted from: the measures of the whole chain."""
