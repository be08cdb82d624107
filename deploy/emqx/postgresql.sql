-- What EMQX may ask our database: one login at a time, and nothing else. Run it as the owner of the
-- database after `giamsat migrate`; running it twice changes nothing. Then let the role log in:
--   ALTER ROLE giamsat_broker LOGIN PASSWORD '…' CONNECTION LIMIT 64;

DO $$ BEGIN
  CREATE ROLE giamsat_broker NOLOGIN NOINHERIT;
EXCEPTION WHEN duplicate_object THEN NULL;
END $$;

-- No view: a view can be read whole, and with it every device's hash. A function is given a name.
CREATE OR REPLACE FUNCTION broker_login(login text)
RETURNS TABLE (password_hash text, salt bytea, is_superuser boolean)
LANGUAGE sql STABLE STRICT SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT encode(c.password_hash, 'hex'), c.salt, false
  FROM public.device_credential c
  JOIN public.device d ON d.id = c.device_id
  JOIN public.facility f ON f.id = d.facility_id
  WHERE c.username = login
    AND c.revoked_at IS NULL
    AND c.not_before <= now()
    AND (c.not_after IS NULL OR c.not_after > now())
    -- EMQX counts with the one number of its configuration.
    AND c.iterations = 101
    AND d.retired_at IS NULL
    AND f.retired_at IS NULL
    AND NOT EXISTS (
      SELECT FROM public.device_suspension s
      WHERE s.device_id = d.id AND s.resumed_at IS NULL
    )
$$;

-- The same rights as at Mosquitto (shared/contracts/topics.py). EMQX takes the first that fits.
CREATE OR REPLACE FUNCTION broker_rules(login text)
RETURNS TABLE (permission text, action text, topic text)
LANGUAGE sql STABLE STRICT SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT r.permission, r.action,
         CASE WHEN r.is_own THEN 'giamsat/v1/' || split_part(login, '~', 1) || r.rest
              ELSE 'giamsat/v1' || r.rest END
  FROM (VALUES
    (1, 'deny',  'publish',   true,  '/ack'),
    (2, 'deny',  'publish',   true,  '/command'),
    (3, 'allow', 'publish',   true,  '/#'),
    (4, 'allow', 'subscribe', true,  '/ack'),
    (5, 'allow', 'subscribe', true,  '/command'),
    (6, 'allow', 'subscribe', false, '/nonce')
  ) AS r (n, permission, action, is_own, rest)
  WHERE EXISTS (SELECT FROM public.broker_login(login))
  ORDER BY r.n
$$;

REVOKE ALL ON FUNCTION broker_login(text), broker_rules(text) FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO giamsat_broker;
GRANT EXECUTE ON FUNCTION broker_login(text), broker_rules(text) TO giamsat_broker;
