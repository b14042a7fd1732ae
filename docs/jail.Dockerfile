# The image in which `course grade --jail docker` runs submissions: Python and the locked libraries,
# nothing of the course. The package comes through a folder that is mounted read-only.
#
#     docker build -t generative-course-jail -f docs/jail.Dockerfile .
FROM python:3.11-slim
COPY requirements.txt /tmp/requirements.txt
RUN pip install --no-cache-dir --no-deps --require-hashes -r /tmp/requirements.txt \
 && rm /tmp/requirements.txt
USER 65534:65534
