CREATE TABLE user_pools (id TEXT PRIMARY KEY, document BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE app_clients (id TEXT PRIMARY KEY, pool_id TEXT NOT NULL, document BLOB NOT NULL) WITHOUT ROWID;
CREATE INDEX app_clients_pool ON app_clients (pool_id);
CREATE TABLE signing_keys (pool_id TEXT, use TEXT, document BLOB NOT NULL, PRIMARY KEY (pool_id, use)) WITHOUT ROWID;
CREATE TABLE resource_servers (
    pool_id TEXT, identifier TEXT, document BLOB NOT NULL, PRIMARY KEY (pool_id, identifier)) WITHOUT ROWID;
CREATE TABLE domains (domain TEXT PRIMARY KEY, pool_id TEXT NOT NULL, document BLOB NOT NULL) WITHOUT ROWID;
CREATE INDEX domains_pool ON domains (pool_id);
CREATE TABLE groups (pool_id TEXT, name TEXT, document BLOB NOT NULL, PRIMARY KEY (pool_id, name)) WITHOUT ROWID;
-- Tables searched by more than their key have a row id: it keeps each index small, and without one SQLite prefers to
-- scan the primary key. Each index leads with the pool, then what is searched, so that no plan scans a pool.
CREATE TABLE memberships (
    pool_id TEXT NOT NULL, username TEXT NOT NULL, group_name TEXT NOT NULL, document BLOB NOT NULL);
CREATE UNIQUE INDEX memberships_user ON memberships (pool_id, username, group_name);
CREATE INDEX memberships_group ON memberships (pool_id, group_name, username);

CREATE TABLE users (
    pool_id TEXT NOT NULL, username TEXT NOT NULL, sub TEXT NOT NULL, status TEXT NOT NULL, enabled INTEGER NOT NULL,
    email TEXT, phone_number TEXT, name TEXT, given_name TEXT, family_name TEXT, preferred_username TEXT,
    document BLOB NOT NULL);
CREATE UNIQUE INDEX users_username ON users (pool_id, username);
CREATE UNIQUE INDEX users_sub ON users (pool_id, sub);
CREATE INDEX users_status ON users (pool_id, status, username);
CREATE INDEX users_enabled ON users (pool_id, enabled, username);
CREATE INDEX users_email ON users (pool_id, email, username) WHERE email IS NOT NULL;
CREATE INDEX users_phone_number ON users (pool_id, phone_number, username) WHERE phone_number IS NOT NULL;
CREATE INDEX users_name ON users (pool_id, name, username) WHERE name IS NOT NULL;
CREATE INDEX users_given_name ON users (pool_id, given_name, username) WHERE given_name IS NOT NULL;
CREATE INDEX users_family_name ON users (pool_id, family_name, username) WHERE family_name IS NOT NULL;
CREATE INDEX users_preferred_username ON users (pool_id, preferred_username, username) WHERE preferred_username IS NOT NULL;
CREATE TABLE sign_in_names (
    pool_id TEXT NOT NULL, name TEXT NOT NULL, username TEXT NOT NULL, document BLOB NOT NULL);
CREATE UNIQUE INDEX sign_in_names_name ON sign_in_names (pool_id, name);
CREATE INDEX sign_in_names_username ON sign_in_names (pool_id, username, name);
CREATE TABLE confirmation_codes (
    pool_id TEXT, username TEXT, purpose TEXT, document BLOB NOT NULL,
    PRIMARY KEY (pool_id, username, purpose)) WITHOUT ROWID;
CREATE TABLE challenge_sessions (id TEXT PRIMARY KEY, expires_at REAL NOT NULL, document BLOB NOT NULL);
CREATE INDEX challenge_sessions_expiry ON challenge_sessions (expires_at);
CREATE TABLE federated_sign_ins (id TEXT PRIMARY KEY, expires_at REAL NOT NULL, document BLOB NOT NULL);
CREATE INDEX federated_sign_ins_expiry ON federated_sign_ins (expires_at);
CREATE TABLE authorization_codes (id TEXT PRIMARY KEY, expires_at REAL NOT NULL, document BLOB NOT NULL);
CREATE INDEX authorization_codes_expiry ON authorization_codes (expires_at);
CREATE TABLE refresh_tokens (
    id TEXT PRIMARY KEY, pool_id TEXT NOT NULL, username TEXT NOT NULL, origin_jti TEXT NOT NULL, expires_at REAL NOT NULL,
    document BLOB NOT NULL);
CREATE INDEX refresh_tokens_family ON refresh_tokens (pool_id, username, origin_jti);
CREATE INDEX refresh_tokens_expiry ON refresh_tokens (expires_at);
CREATE TABLE software_tokens (
    pool_id TEXT, username TEXT, document BLOB NOT NULL, PRIMARY KEY (pool_id, username)) WITHOUT ROWID;
CREATE TABLE devices (
    pool_id TEXT, username TEXT, key TEXT, document BLOB NOT NULL, PRIMARY KEY (pool_id, username, key)) WITHOUT ROWID;
CREATE TABLE configurations (
    pool_id TEXT, kind TEXT, client_id TEXT, document BLOB NOT NULL,
    PRIMARY KEY (pool_id, kind, client_id)) WITHOUT ROWID;
CREATE TABLE brandings (
    pool_id TEXT, id TEXT, client_id TEXT NOT NULL, document BLOB NOT NULL, PRIMARY KEY (pool_id, id));
CREATE UNIQUE INDEX brandings_client ON brandings (pool_id, client_id);
CREATE TABLE terms (
    pool_id TEXT, id TEXT, client_id TEXT NOT NULL, name TEXT NOT NULL, document BLOB NOT NULL, PRIMARY KEY (pool_id, id));
CREATE UNIQUE INDEX terms_client ON terms (pool_id, client_id, name);
CREATE TABLE replicas (
    pool_id TEXT, region TEXT, document BLOB NOT NULL, PRIMARY KEY (pool_id, region)) WITHOUT ROWID;
CREATE TABLE provisioned_limits (category TEXT PRIMARY KEY, document BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE identity_providers (
    pool_id TEXT, name TEXT, document BLOB NOT NULL, PRIMARY KEY (pool_id, name)) WITHOUT ROWID;
CREATE TABLE linked_identities (
    pool_id TEXT, provider TEXT, attribute TEXT, value TEXT, username TEXT NOT NULL, document BLOB NOT NULL,
    PRIMARY KEY (pool_id, provider, attribute, value));
CREATE INDEX linked_identities_username ON linked_identities (pool_id, username);
CREATE TABLE auth_events (
    pool_id TEXT NOT NULL, username TEXT NOT NULL, id TEXT NOT NULL, created_at REAL NOT NULL, document BLOB NOT NULL);
CREATE UNIQUE INDEX auth_events_id ON auth_events (pool_id, username, id);
CREATE INDEX auth_events_created ON auth_events (pool_id, username, created_at, id);
CREATE TABLE passkeys (
    pool_id TEXT NOT NULL, username TEXT NOT NULL, id TEXT NOT NULL, document BLOB NOT NULL);
CREATE UNIQUE INDEX passkeys_user ON passkeys (pool_id, username, id);
CREATE UNIQUE INDEX passkeys_id ON passkeys (pool_id, id);
CREATE TABLE import_jobs (
    pool_id TEXT, id TEXT, document BLOB NOT NULL, PRIMARY KEY (pool_id, id)) WITHOUT ROWID;
CREATE TABLE attempts (
    pool_id TEXT, username TEXT, kind TEXT, document BLOB NOT NULL, PRIMARY KEY (pool_id, username, kind)) WITHOUT ROWID;
CREATE TABLE messages (id TEXT PRIMARY KEY, recipient TEXT NOT NULL, sent_at REAL NOT NULL, document BLOB NOT NULL);
CREATE INDEX messages_sent ON messages (sent_at);
CREATE INDEX messages_recipient ON messages (recipient, sent_at);
CREATE TABLE email_identities (name TEXT PRIMARY KEY, document BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE functions (name TEXT PRIMARY KEY, document BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE permissions (
    function TEXT, statement_id TEXT, document BLOB NOT NULL, PRIMARY KEY (function, statement_id)) WITHOUT ROWID;
CREATE TABLE rest_apis (id TEXT PRIMARY KEY, document BLOB NOT NULL);
CREATE TABLE stacks (name TEXT PRIMARY KEY, document BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE queued_events (id TEXT PRIMARY KEY, document BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE event_source_mappings (uuid TEXT PRIMARY KEY, document BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE shard_positions (
    mapping TEXT, shard TEXT, document BLOB NOT NULL, PRIMARY KEY (mapping, shard)) WITHOUT ROWID;
CREATE TABLE stack_resources (
    stack TEXT, logical_id TEXT, document BLOB NOT NULL, PRIMARY KEY (stack, logical_id)) WITHOUT ROWID;
CREATE TABLE moto_records (
    service TEXT, kind TEXT, parent TEXT, name TEXT, document BLOB NOT NULL, PRIMARY KEY (service, kind, parent, name));
CREATE TABLE identity_pools (id TEXT PRIMARY KEY, document BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE identities (
    pool_id TEXT, id TEXT, is_enabled INTEGER NOT NULL, document BLOB NOT NULL, PRIMARY KEY (pool_id, id)) WITHOUT ROWID;
CREATE INDEX identities_id ON identities (id);
CREATE TABLE identity_logins (
    pool_id TEXT, provider TEXT, subject TEXT, identity_id TEXT NOT NULL, document BLOB NOT NULL,
    PRIMARY KEY (pool_id, provider, subject)) WITHOUT ROWID;
CREATE INDEX identity_logins_identity ON identity_logins (pool_id, identity_id);
CREATE TABLE sync_pools (pool_id TEXT PRIMARY KEY, document BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE sync_devices (
    pool_id TEXT, identity_id TEXT, device_id TEXT, document BLOB NOT NULL,
    PRIMARY KEY (pool_id, identity_id, device_id)) WITHOUT ROWID;
CREATE TABLE sync_datasets (
    pool_id TEXT, identity_id TEXT, dataset_name TEXT, is_deleted INTEGER NOT NULL, document BLOB NOT NULL,
    PRIMARY KEY (pool_id, identity_id, dataset_name)) WITHOUT ROWID;
CREATE TABLE sync_records (
    pool_id TEXT NOT NULL, identity_id TEXT NOT NULL, dataset_name TEXT NOT NULL, key TEXT NOT NULL,
    sync_count INTEGER NOT NULL, document BLOB NOT NULL);
CREATE UNIQUE INDEX sync_records_key ON sync_records (pool_id, identity_id, dataset_name, key);
CREATE INDEX sync_records_count ON sync_records (pool_id, identity_id, dataset_name, sync_count, key);
CREATE TABLE access_keys (id TEXT PRIMARY KEY, principal_arn TEXT NOT NULL, document BLOB NOT NULL) WITHOUT ROWID;
CREATE INDEX access_keys_principal ON access_keys (principal_arn);
