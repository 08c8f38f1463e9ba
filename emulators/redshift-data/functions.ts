/** Redshift's functions that PostgreSQL hasn't, put where built-in functions are. */

const NOW = `
  CREATE OR REPLACE FUNCTION pg_catalog.getdate() RETURNS timestamp STABLE LANGUAGE sql
    RETURN date_trunc('second', statement_timestamp() AT TIME ZONE 'UTC');
  CREATE OR REPLACE FUNCTION pg_catalog.sysdate() RETURNS timestamp STABLE LANGUAGE sql
    RETURN transaction_timestamp() AT TIME ZONE 'UTC';`;

const dateArithmetic = (type: string): string => `
  CREATE OR REPLACE FUNCTION pg_catalog.dateadd(part text, amount bigint, moment ${type}) RETURNS ${type} STABLE STRICT
    LANGUAGE sql RETURN moment + amount * CASE part WHEN 'quarter' THEN interval '3 months' ELSE ('1 ' || part)::interval END;
  CREATE OR REPLACE FUNCTION pg_catalog.datediff(part text, a ${type}, b ${type}) RETURNS bigint STABLE STRICT
    LANGUAGE sql RETURN (CASE
      WHEN part IN ('year', 'quarter', 'month') THEN
        ((extract(year FROM b) - extract(year FROM a)) * 12 +
          extract(month FROM date_trunc(part, b)) - extract(month FROM date_trunc(part, a)))
        / CASE part WHEN 'year' THEN 12 WHEN 'quarter' THEN 3 ELSE 1 END
      ELSE extract(epoch FROM date_trunc(part, b) - date_trunc(part, a)) / extract(epoch FROM ('1 ' || part)::interval)
    END)::bigint;`;

const DATES = `
  ${['timestamp', 'timestamptz'].map(dateArithmetic).join('')}
  CREATE OR REPLACE FUNCTION pg_catalog.dateadd(part text, amount bigint, moment date) RETURNS timestamp STABLE STRICT
    LANGUAGE sql RETURN pg_catalog.dateadd(part, amount, moment::timestamp);
  CREATE OR REPLACE FUNCTION pg_catalog.dateadd(part text, amount bigint, moment text) RETURNS timestamp STABLE STRICT
    LANGUAGE sql RETURN pg_catalog.dateadd(part, amount, moment::timestamp);
  CREATE OR REPLACE FUNCTION pg_catalog.add_months(moment timestamp, months bigint) RETURNS timestamp IMMUTABLE STRICT
    LANGUAGE sql RETURN CASE WHEN date_trunc('month', moment) + interval '1 month' - interval '1 day' = date_trunc('day', moment)
      THEN date_trunc('month', moment) + (months + 1) * interval '1 month' - interval '1 day' + (moment - date_trunc('day', moment))
      ELSE moment + months * interval '1 month' END;
  CREATE OR REPLACE FUNCTION pg_catalog.last_day(moment timestamp) RETURNS date IMMUTABLE STRICT LANGUAGE sql
    RETURN (date_trunc('month', moment) + interval '1 month' - interval '1 day')::date;
  CREATE OR REPLACE FUNCTION pg_catalog.date_part_year(moment date) RETURNS integer IMMUTABLE STRICT LANGUAGE sql
    RETURN extract(year FROM moment)::integer;
  CREATE OR REPLACE FUNCTION pg_catalog.trunc(moment timestamp) RETURNS date IMMUTABLE STRICT LANGUAGE sql RETURN moment::date;
  CREATE OR REPLACE FUNCTION pg_catalog.convert_timezone(source text, target text, moment timestamp) RETURNS timestamp
    STABLE STRICT LANGUAGE sql RETURN moment AT TIME ZONE source AT TIME ZONE target;
  CREATE OR REPLACE FUNCTION pg_catalog.convert_timezone(target text, moment timestamp) RETURNS timestamp
    STABLE STRICT LANGUAGE sql RETURN moment AT TIME ZONE 'UTC' AT TIME ZONE target;`;

const TEXTS = `
  CREATE OR REPLACE FUNCTION pg_catalog.len(text) RETURNS integer IMMUTABLE STRICT LANGUAGE sql RETURN length($1);
  CREATE OR REPLACE FUNCTION pg_catalog.charindex(part text, whole text) RETURNS integer IMMUTABLE STRICT LANGUAGE sql
    RETURN strpos(whole, part);
  CREATE OR REPLACE FUNCTION pg_catalog.strtol(digits text, base integer) RETURNS bigint IMMUTABLE STRICT LANGUAGE plpgsql AS $$
    DECLARE value bigint := 0; digit text; place integer; BEGIN
      FOREACH digit IN ARRAY regexp_split_to_array(lower(regexp_replace(digits, '^[-+]', '')), '') LOOP
        place := strpos('0123456789abcdefghijklmnopqrstuvwxyz', digit) - 1;
        IF place < 0 OR place >= base THEN RAISE EXCEPTION 'The input % is not valid to be converted to base %', digits, base; END IF;
        value := value * base + place;
      END LOOP;
      RETURN CASE WHEN digits LIKE '-%' THEN -value ELSE value END;
    END $$;
  CREATE OR REPLACE FUNCTION pg_catalog.sha1(text) RETURNS text IMMUTABLE STRICT LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION 'SHA1() is not supported by Millrace''s local stand-in for Redshift: use SHA2(text, 256)'; END $$;
  CREATE OR REPLACE FUNCTION pg_catalog.sha2(value text, bits integer) RETURNS text IMMUTABLE STRICT LANGUAGE sql
    RETURN encode(CASE bits WHEN 224 THEN sha224(convert_to(value, 'UTF8')) WHEN 384 THEN sha384(convert_to(value, 'UTF8'))
      WHEN 512 THEN sha512(convert_to(value, 'UTF8')) ELSE sha256(convert_to(value, 'UTF8')) END, 'hex');
  CREATE OR REPLACE FUNCTION pg_catalog.json_parse(text) RETURNS jsonb IMMUTABLE STRICT LANGUAGE sql RETURN $1::jsonb;
  CREATE OR REPLACE FUNCTION pg_catalog.json_serialize(jsonb) RETURNS varchar IMMUTABLE STRICT LANGUAGE sql RETURN $1::text;
  CREATE OR REPLACE FUNCTION pg_catalog.is_valid_json(text) RETURNS boolean IMMUTABLE STRICT LANGUAGE sql
    RETURN $1 IS JSON OBJECT;
  CREATE OR REPLACE FUNCTION pg_catalog.is_valid_json_array(text) RETURNS boolean IMMUTABLE STRICT LANGUAGE sql
    RETURN $1 IS JSON ARRAY;
  CREATE OR REPLACE FUNCTION pg_catalog.json_extract_path_text(value text, VARIADIC path text[]) RETURNS text IMMUTABLE STRICT
    LANGUAGE sql RETURN value::json #>> path;
  CREATE OR REPLACE FUNCTION pg_catalog.json_extract_array_element_text(value text, place integer) RETURNS text IMMUTABLE STRICT
    LANGUAGE sql RETURN value::json ->> place;
  CREATE OR REPLACE FUNCTION pg_catalog.json_array_length(text) RETURNS integer IMMUTABLE STRICT LANGUAGE sql
    RETURN json_array_length($1::json);`;

/** A SUPER is a jsonb here, and its type's name is Redshift's. */
const TYPES = `
  CREATE OR REPLACE FUNCTION pg_catalog.redshift_format_type(type oid, modifier integer) RETURNS text STABLE LANGUAGE sql
    RETURN replace(format_type(type, modifier), 'jsonb', 'super');`;

const APPEND = `
  CREATE OR REPLACE PROCEDURE pg_catalog.redshift_append(target text, source text, option text) LANGUAGE plpgsql AS $$
    DECLARE extra text; missing text; columns text; BEGIN
      SELECT string_agg(s.attname, ', ') FILTER (WHERE t.attname IS NULL), string_agg(t.attname, ', ') FILTER (WHERE s.attname IS NULL),
          string_agg(quote_ident(t.attname), ', ') FILTER (WHERE s.attname = t.attname) INTO extra, missing, columns
        FROM (SELECT * FROM pg_attribute WHERE attrelid = source::regclass AND attnum > 0 AND NOT attisdropped) s
        FULL JOIN (SELECT * FROM pg_attribute WHERE attrelid = target::regclass AND attnum > 0 AND NOT attisdropped) t
          ON s.attname = t.attname AND s.atttypid = t.atttypid AND s.atttypmod = t.atttypmod;
      IF extra IS NOT NULL AND option <> 'ignoreextra' THEN
        RAISE EXCEPTION 'ALTER TABLE APPEND: columns of % are not in % with the same type: %', source, target, extra;
      END IF;
      IF missing IS NOT NULL AND option <> 'filltarget' THEN
        RAISE EXCEPTION 'ALTER TABLE APPEND: columns of % are not in % with the same type: %', target, source, missing;
      END IF;
      EXECUTE format('INSERT INTO %s (%s) SELECT %s FROM %s', target, columns, columns, source);
      EXECUTE format('TRUNCATE %s', source);
    END $$;`;

/** The statements that put them in place; they may be run again. */
export const FUNCTIONS = NOW + DATES + TEXTS + TYPES + APPEND;
