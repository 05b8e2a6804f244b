"""From an OpenAPI document to models, parameters and resources: ``python -m codegen``."""
