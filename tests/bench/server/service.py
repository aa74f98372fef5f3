"""What vexxy-server is held against: the same calls as one would write them with FastAPI, SQLAlchemy and PostgreSQL, without tricks and
without neglect: asynchronous from end to end, prepared statements, a connection pool, the same checks of the same fields, and no log.

  DATABASE_URL=postgresql+asyncpg://… uvicorn service:app --no-access-log"""
import os
import uuid
from contextlib import asynccontextmanager
from datetime import datetime, timezone
from enum import Enum

from fastapi import Depends, FastAPI, HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from sqlalchemy import JSON, DateTime, Integer, String, Text, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

engine = create_async_engine(os.environ["DATABASE_URL"], pool_size=20, max_overflow=10)
sessions = async_sessionmaker(engine, expire_on_commit=False)
class Base(DeclarativeBase):
    pass


class Job(Base):
    __tablename__ = "premium_analysis_jobs"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    organization_id: Mapped[str] = mapped_column(String(64), index=True)
    image_ref: Mapped[str] = mapped_column(String(500))
    image_digest: Mapped[str] = mapped_column(String(100), index=True)
    status: Mapped[str] = mapped_column(String(20))
    priority: Mapped[int] = mapped_column(Integer, default=0)
    progress_percent: Mapped[int] = mapped_column(Integer, default=0)
    current_phase: Mapped[str] = mapped_column(String(100), default="pending")
    profile: Mapped[str] = mapped_column(String(20))
    config: Mapped[dict] = mapped_column(JSON)
    sandbox_id: Mapped[str | None] = mapped_column(String(100))
    error_message: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    started_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    completed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


@asynccontextmanager
async def lifespan(_):
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    yield


app = FastAPI(title="vexxy", lifespan=lifespan)


class Profile(str, Enum):
    minimal = "minimal"
    standard = "standard"
    comprehensive = "comprehensive"
    custom = "custom"


class Config(BaseModel):
    test_script: str | None = None
    test_timeout: int = Field(300, ge=90, le=3600)
    analysis_duration: int = Field(300, ge=90, le=3600)
    enable_fuzzing: bool = True
    enable_profiling: bool = True
    enable_code_coverage: bool = False
    ports: list[int] = []
    environment: dict[str, str] = {}
    command: list[str] | None = None
    health_check_path: str = "/"
    health_check_timeout: int = Field(60, ge=10, le=300)


class Submission(BaseModel):
    image_ref: str = Field(min_length=1, max_length=500)
    image_digest: str = Field(pattern=r"^sha256:[a-f0-9]{64}$")
    sbom_id: uuid.UUID | None = None
    profile: Profile = Profile.standard
    config: Config = Config()


class Submitted(BaseModel):
    job_id: uuid.UUID
    status: str
    image_ref: str
    image_digest: str
    profile: str
    estimated_duration_minutes: int
    created_at: datetime


class Status(BaseModel):
    job_id: uuid.UUID
    status: str
    progress_percent: int
    current_phase: str
    started_at: datetime | None
    completed_at: datetime | None
    error_message: str | None
    sandbox_id: str | None


async def session():
    async with sessions() as s:
        yield s


@app.middleware("http")
async def request_id(request: Request, call_next):
    response: Response = await call_next(request)
    response.headers["X-Request-ID"] = request.headers.get("X-Request-ID") or str(uuid.uuid4())
    return response


@app.exception_handler(RequestValidationError)
async def invalid(request: Request, error: RequestValidationError):
    return JSONResponse({"error": "VALIDATION_ERROR", "message": "Request validation failed", "details": {"errors": error.errors()}}, 422)


@app.post("/api/v1/analysis/submit", status_code=201, response_model=Submitted)
async def submit(body: Submission, s: AsyncSession = Depends(session)):
    job = Job(id=uuid.uuid4(), organization_id="default", image_ref=body.image_ref, image_digest=body.image_digest, status="queued",
              profile=body.profile.value, config=body.config.model_dump(), created_at=datetime.now(timezone.utc))
    s.add(job)
    await s.commit()
    minutes = -(-(body.config.analysis_duration + 40) // 60)
    return Submitted(job_id=job.id, status=job.status, image_ref=job.image_ref, image_digest=job.image_digest, profile=job.profile,
                     estimated_duration_minutes=minutes, created_at=job.created_at)


@app.get("/api/v1/analysis/{job_id}/status", response_model=Status)
async def status(job_id: uuid.UUID, s: AsyncSession = Depends(session)):
    job = (await s.execute(select(Job).where(Job.id == job_id, Job.organization_id == "default"))).scalar_one_or_none()
    if job is None:
        raise HTTPException(404, "no such analysis")
    return Status(job_id=job.id, status=job.status, progress_percent=job.progress_percent, current_phase=job.current_phase,
                  started_at=job.started_at, completed_at=job.completed_at, error_message=job.error_message, sandbox_id=job.sandbox_id)
