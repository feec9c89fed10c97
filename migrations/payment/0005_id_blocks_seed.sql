INSERT INTO id_blocks (name, next) VALUES ('payments', 1), ('refunds', 1);
