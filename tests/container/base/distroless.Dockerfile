# Stands in for denoland/deno:distroless-VERSION: without a shell, with its entry point and user.
FROM localhost/debian AS debian
RUN useradd --uid 65532 --create-home --shell /sbin/nologin nonroot \
    && rm -rf /var/lib/apt /var/lib/dpkg /usr/share /usr/sbin /usr/bin
FROM scratch
COPY --from=debian / /
COPY deno /bin/deno
COPY tini /tini
ENV DENO_USE_CGROUPS=1 DENO_DIR=/deno-dir/ DENO_INSTALL_ROOT=/usr/local
ENTRYPOINT ["/tini", "--", "/bin/deno"]
