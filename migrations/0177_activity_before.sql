-- What 0176 has copied. Nobody reads it any more, so nothing is held while this waits for the table that it refers to.
drop table activity_before;
