# Workers for Dataflow, and for any engine that starts containers:
#   docker build --build-arg BEAM_VERSION=2.77.0 -t winnow:0.1.0 .
# The package, the language model and the compiled kernels are in the image: a worker that
# compiled them for itself would stand still for a minute. Not built where it was written: no registry
# of images there.
ARG BEAM_VERSION=2.77.0
ARG PYTHON_VERSION=3.11

FROM apache/beam_python${PYTHON_VERSION}_sdk:${BEAM_VERSION} AS beam

FROM python:${PYTHON_VERSION}-slim AS build
WORKDIR /src
COPY pyproject.toml setup.py README.md LICENSE requirements.lock ./
COPY winnow winnow
COPY pipelines pipelines
COPY filters filters
COPY dedup dedup
COPY tokenizer_train tokenizer_train
COPY shards shards
COPY manifests manifests
RUN python -m venv /opt/winnow \
 && /opt/winnow/bin/pip install --no-cache-dir --require-hashes -r requirements.lock \
 && /opt/winnow/bin/pip install --no-cache-dir '.[dataflow]'
ENV NUMBA_CACHE_DIR=/opt/winnow/numba
# For any processor of the architecture: machines differ from the one that builds.
ENV NUMBA_CPU_NAME=generic
RUN /opt/winnow/bin/winnow compile

FROM python:${PYTHON_VERSION}-slim AS worker
COPY --from=beam /opt/apache/beam /opt/apache/beam
COPY --from=build /opt/winnow /opt/winnow
ENV PATH=/opt/winnow/bin:$PATH \
    NUMBA_CACHE_DIR=/opt/winnow/numba \
    NUMBA_CPU_NAME=generic \
    RUN_PYTHON_SDK_IN_DEFAULT_ENVIRONMENT=1
RUN useradd --create-home winnow && chown -R winnow /opt/winnow/numba
USER winnow
ENTRYPOINT ["/opt/apache/beam/boot"]

# What starts a Flex Template: docker build --target template ...
FROM gcr.io/dataflow-templates-base/python311-template-launcher-base AS launcher

FROM worker AS template
COPY --from=launcher /opt/google/dataflow/python_template_launcher /opt/google/dataflow/
ENV FLEX_TEMPLATE_PYTHON_PY_FILE=/opt/winnow/lib/python3.11/site-packages/winnow/pipelines/commands/flex_template.py
ENTRYPOINT ["/opt/google/dataflow/python_template_launcher"]

# The default: the image of workers.
FROM worker
