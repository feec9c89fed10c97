-- `reserved_fen` is what all refunds of the payment take, `refunded_fen` what is back: two refunds can never take more
-- than was paid.
ALTER TABLE payments
  ADD COLUMN reserved_fen BIGINT NOT NULL DEFAULT 0,
  ADD COLUMN refunded_fen BIGINT NOT NULL DEFAULT 0,
  ADD CONSTRAINT no_more_than_paid
    CHECK (0 <= refunded_fen AND refunded_fen <= reserved_fen AND reserved_fen <= amount_fen);
