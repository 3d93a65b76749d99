"""Finding that a person, a vehicle, an animal or a thing is there; never who."""
