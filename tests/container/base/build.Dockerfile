# Stands in for denoland/deno:VERSION, where no registry can be reached.
FROM localhost/debian
COPY deno /usr/bin/deno
COPY tini /tini
ENV DENO_USE_CGROUPS=1 DENO_DIR=/deno-dir/ DENO_INSTALL_ROOT=/usr/local
ENTRYPOINT ["/tini", "--", "deno"]
