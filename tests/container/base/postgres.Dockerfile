# Stands in for postgres:VERSION: Debian's server with the official image's variables and volume.
FROM localhost/debian
RUN apt-get update -q \
    && DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends postgresql \
    && ln -s /usr/lib/postgresql/*/bin /pg \
    && mkdir -p /var/lib/postgresql/data \
    && chown postgres:postgres /var/lib/postgresql/data
ENV PATH=/pg:/usr/bin:/bin
COPY postgres.sh /postgres.sh
VOLUME /var/lib/postgresql/data
STOPSIGNAL SIGINT
USER postgres
ENTRYPOINT ["/bin/sh", "/postgres.sh"]
