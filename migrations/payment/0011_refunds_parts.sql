-- A payment goes back in parts, each once under its key; the payment's row guards the sum.
ALTER TABLE refunds
  ADD COLUMN request_key VARCHAR(96) NOT NULL DEFAULT 'all',
  DROP INDEX one_per_payment,
  ADD UNIQUE KEY once (payment_id, request_key);
