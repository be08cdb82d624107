"""Pages of incidents."""

from fastapi import APIRouter

router = APIRouter()
