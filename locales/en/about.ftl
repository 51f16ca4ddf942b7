# What this is and what it stands on
about-title = About
about-heading = About Reflector
about-lead = Reflector { $version } turns recordings into transcripts on this machine: words with times, speakers with names, topics, and summaries that point into the audio. It is free software under the MIT licence.
about-lead-plain = Reflector turns recordings into transcripts on this machine: words with times, speakers with names, topics, and summaries that point into the audio. It is free software under the MIT licence.
about-trust = <a href="/trust">The certificate of this site</a>, for devices whose browser warns about it
about-api = <a href="/docs">What the API takes and gives</a>
about-docs-title = What the API takes and gives
about-docs-lead = For programs that add recordings and read transcripts. The whole, for clients to be generated from, is at <a href="/openapi.json">/openapi.json</a> (OpenAPI 3.1).
about-design = The parts that these pages are made of
about-models = Models
about-models-none = None is installed here.
about-llm-licence = under its own licence: the settings name it
about-stands = What it stands on
about-ffmpeg = ffmpeg, as a program of its own
about-ffmpeg-licence = LGPL-2.1 or GPL-2.0, as it was built
about-postgresql = PostgreSQL, as a server of its own
about-postgresql-licence = PostgreSQL licence
about-redis = Redis, as a server of its own
about-untold = An object store (Garage, say) and the proxy before these pages (Caddy) do not tell their versions.
about-crates = { $count } crates
