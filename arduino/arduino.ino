// Arduino tools want a main file that is named like its folder. The sketch itself is in sketch.ino.
