# How pages and jobs reach database and storage. The password and key files are copies of what the two machines made in
# /var/lib/reflector-secrets at their first boot: postgresql-password, redis-password, garage-access-key, garage-secret-key.
{
  services.reflector = {
    enable = true;
    postgresql = {
      host = "db.internal";
      passwordFile = "/var/lib/reflector-given/postgresql-password";
    };
    redis = {
      host = "db.internal";
      passwordFile = "/var/lib/reflector-given/redis-password";
    };
    storage = {
      kind = "s3";
      s3 = {
        endpoint = "https://storage.internal";
        accessKeyFile = "/var/lib/reflector-given/garage-access-key";
        secretKeyFile = "/var/lib/reflector-given/garage-secret-key";
      };
    };
    # The authority that certified db.internal and storage.internal; `reflector certs` made it, see docs/TLS.md.
    caTrust.files = [ "/var/lib/reflector-given/ca.crt" ];
    network.allow = [
      "10.0.0.2"
      "10.0.0.5"
    ];
  };
}
