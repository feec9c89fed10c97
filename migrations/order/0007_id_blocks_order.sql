INSERT INTO id_blocks (name, next) VALUES ('order', 1);
