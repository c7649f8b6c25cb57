"""Sample items of the models that ship: folders of images and sounds, made without a network."""
