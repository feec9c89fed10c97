-- Units that orders hold and that have not left the house; "stock" is what may still be sold.
ALTER TABLE products
  ADD COLUMN reserved  BIGINT        NOT NULL DEFAULT 0,
  -- At or below it the product is on the low-stock list; 0: never.
  ADD COLUMN low_stock BIGINT        NOT NULL DEFAULT 0,
  -- Further pictures, a JSON list of addresses; empty: none.
  ADD COLUMN images    VARCHAR(8000) NOT NULL DEFAULT '';
