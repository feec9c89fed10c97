-- Every replica reads what changed lately, each second.
CREATE INDEX k_activities_updated ON activities (updated_at_ms);
