"""The pure core: observations of faces become a mood, and a mood becomes a decision."""
