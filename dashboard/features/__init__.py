"""The pages of features: map, one feature, concept builder, discovery."""
