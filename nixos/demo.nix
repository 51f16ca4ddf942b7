# `nix run`: pages, jobs, PostgreSQL, Redis and Garage in one terminal, without root. What it keeps is in one folder.
{
  lib,
  formats,
  writeShellApplication,
  coreutils,
  ffmpeg-headless,
  garage_2,
  openssl,
  postgresql_17,
  process-compose,
  redis,
  reflector,
  models,
}:
let
  after = lib.mapAttrs (_: condition: { inherit condition; });
  up = {
    postgres = "process_healthy";
    redis = "process_healthy";
    garage = "process_healthy";
  };
  ours = command: {
    inherit command;
    depends_on = after up;
    availability.restart = "on_failure";
    shutdown.timeout_seconds = 45;
  };

  processes = {
    postgres = {
      command = "postgres -D \"$DEMO/postgres\" -k \"$DEMO/run\" -c listen_addresses=";
      readiness_probe.exec.command = "pg_isready -q -h \"$DEMO/run\" -d reflector -U reflector";
    };
    redis = {
      command = "redis-server --port 0 --unixsocket \"$DEMO/run/redis.sock\" --save '' --appendonly no";
      readiness_probe.exec.command = "redis-cli -s \"$DEMO/run/redis.sock\" ping";
    };
    garage = {
      command = "garage -c \"$DEMO/garage.toml\" server --single-node --default-bucket";
      readiness_probe.exec.command = "garage -c \"$DEMO/garage.toml\" bucket info reflector-media";
    };
    web = ours "reflector serve" // {
      readiness_probe.http_get = {
        host = "127.0.0.1";
        port = 1250;
        path = "/readyz";
      };
    };
    work = ours "reflector work";
  };
  whole = {
    version = "0.5";
    inherit processes;
  };
  file = (formats.yaml { }).generate "process-compose.yaml" whole;
in
writeShellApplication {
  name = "reflector-demo";
  passthru.processes = whole;
  runtimeInputs = [
    coreutils
    ffmpeg-headless
    garage_2
    openssl
    postgresql_17
    process-compose
    redis
    reflector
  ];
  text = ''
    if [ "$(id -u)" -eq 0 ]; then
      echo "PostgreSQL does not run as root: start this as an ordinary user" >&2
      exit 1
    fi
    umask 077
    export DEMO=''${REFLECTOR_DEMO:-''${XDG_DATA_HOME:-$HOME/.local/share}/reflector-demo}
    mkdir -p "$DEMO/run" "$DEMO/scratch"
    if [ ! -d "$DEMO/postgres" ]; then
      rm -rf "$DEMO/postgres.new"
      initdb -D "$DEMO/postgres.new" -U reflector --auth=trust --encoding=UTF8 >/dev/null
      echo 'create database reflector' | postgres --single -D "$DEMO/postgres.new" postgres >/dev/null
      mv "$DEMO/postgres.new" "$DEMO/postgres"
    fi
    if [ ! -f "$DEMO/secrets" ]; then
      {
        echo "GARAGE_RPC_SECRET=$(openssl rand -hex 32)"
        echo "GARAGE_DEFAULT_ACCESS_KEY=GK$(openssl rand -hex 12)"
        echo "GARAGE_DEFAULT_SECRET_KEY=$(openssl rand -hex 32)"
      } >"$DEMO/secrets"
    fi
    set -a
    # shellcheck source=/dev/null
    . "$DEMO/secrets"
    set +a
    export GARAGE_DEFAULT_BUCKET="reflector-media"
    export REFLECTOR_DATABASE__URL="postgresql://reflector@/reflector?host=$DEMO/run"
    export REFLECTOR_REDIS__URL="unix://$DEMO/run/redis.sock"
    export REFLECTOR_STORAGE__S3__ENDPOINT="http://127.0.0.1:3900"
    export REFLECTOR_STORAGE__S3__BUCKET="$GARAGE_DEFAULT_BUCKET"
    export REFLECTOR_STORAGE__S3__ACCESS_KEY="$GARAGE_DEFAULT_ACCESS_KEY"
    export REFLECTOR_STORAGE__S3__SECRET_KEY="$GARAGE_DEFAULT_SECRET_KEY"
    export REFLECTOR_STORAGE__SCRATCH="$DEMO/scratch"
    export REFLECTOR_MODELS__DIR="${models}"
    cat >"$DEMO/garage.toml" <<EOF
    metadata_dir = "$DEMO/garage/meta"
    data_dir = "$DEMO/garage/data"
    replication_factor = 1
    db_engine = "sqlite"
    rpc_bind_addr = "127.0.0.1:3901"
    rpc_public_addr = "127.0.0.1:3901"
    [s3_api]
    s3_region = "garage"
    api_bind_addr = "127.0.0.1:3900"
    EOF
    echo "Reflector will be at http://localhost:1250; what it keeps is in $DEMO"
    exec process-compose up --config ${file} --no-server --ordered-shutdown "$@"
  '';
}
