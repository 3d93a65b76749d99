"""Making the view: plate, cover, shown frame, encoder. Only this package can make a `ShownFrame`."""
