"""The scenes of the demo, in the order they are played."""

from mistral_async.demo.scenes.batch import BATCH
from mistral_async.demo.scenes.bulk import BULK
from mistral_async.demo.scenes.chat import CHAT
from mistral_async.demo.scenes.embeddings import EMBEDDINGS
from mistral_async.demo.scenes.models import MODELS
from mistral_async.demo.scenes.moderation import MODERATION
from mistral_async.demo.scenes.ocr import OCR
from mistral_async.demo.scenes.stream import STREAM
from mistral_async.demo.scenes.trouble import TROUBLE

SCENES = (MODELS, CHAT, STREAM, EMBEDDINGS, OCR, MODERATION, BATCH, BULK, TROUBLE)
