"""Which operations the server has, and where each is answered."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from mistral_async.testing.answers import chat, embeddings, files, fim, jobs, judging, models, ocr
from mistral_async.testing.replies import Reply
from mistral_async.testing.state.account import Account, Checked

Handler: TypeAlias = Callable[[Account, Checked], Reply]

HANDLERS: dict[str, Handler] = {
    "GET /v1/models": models.list_models,
    "GET /v1/models/{model_id}": models.retrieve_model,
    "DELETE /v1/models/{model_id}": models.delete_model,
    "POST /v1/files": files.upload_file,
    "GET /v1/files": files.list_files,
    "GET /v1/files/{file_id}": files.retrieve_file,
    "DELETE /v1/files/{file_id}": files.delete_file,
    "GET /v1/files/{file_id}/content": files.download_file,
    "GET /v1/files/{file_id}/url": files.sign_file,
    "PATCH /v1/fine_tuning/models/{model_id}": models.update_model,
    "POST /v1/fine_tuning/models/{model_id}/archive": models.archive_model,
    "DELETE /v1/fine_tuning/models/{model_id}/archive": models.unarchive_model,
    "GET /v1/batch/jobs": jobs.list_batch_jobs,
    "POST /v1/batch/jobs": jobs.create_batch_job,
    "GET /v1/batch/jobs/{job_id}": jobs.retrieve_batch_job,
    "DELETE /v1/batch/jobs/{job_id}": jobs.delete_batch_job,
    "POST /v1/batch/jobs/{job_id}/cancel": jobs.cancel_batch_job,
    "POST /v1/chat/completions": chat.chat,
    "POST /v1/fim/completions": fim.fim,
    "POST /v1/agents/completions": chat.agent,
    "POST /v1/embeddings": embeddings.embed,
    "POST /v1/moderations": judging.moderate,
    "POST /v1/chat/moderations": judging.moderate_chat,
    "POST /v1/ocr": ocr.ocr,
    "POST /v1/classifications": judging.classify,
    "POST /v1/chat/classifications": judging.classify_chat,
    "GET /v1/fine_tuning/jobs": jobs.list_fine_tuning_jobs,
    "POST /v1/fine_tuning/jobs": jobs.create_fine_tuning_job,
    "GET /v1/fine_tuning/jobs/{job_id}": jobs.retrieve_fine_tuning_job,
    "POST /v1/fine_tuning/jobs/{job_id}/cancel": jobs.cancel_fine_tuning_job,
    "POST /v1/fine_tuning/jobs/{job_id}/start": jobs.start_fine_tuning_job,
}
